"""The programme's partners: who they are, which sites they open to trials, which data they share."""
