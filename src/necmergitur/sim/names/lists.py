"""Common given names and family names by where they come from: the seed of a made-up city. No list of real people."""

from typing import NamedTuple


class Origin(NamedTuple):
    """Names of one origin. `share`: how many of a hundred people have such names; `rules`: its romanisation noise."""

    name: str
    share: int
    women: str
    men: str
    families: str
    rules: str = ""


ORIGINS: tuple[Origin, ...] = (
    Origin(
        "french",
        58,
        """Marie Jeanne Françoise Monique Catherine Nathalie Isabelle Jacqueline Sylvie Anne Martine Nicole Christine
        Valérie Sandrine Véronique Stéphanie Céline Chantal Patricia Brigitte Julie Aurélie Hélène Laurence Caroline
        Florence Virginie Camille Léa Manon Chloé Emma Inès Sarah Laura Mathilde Marion Pauline Lucie Juliette Zoé
        Charlotte Margaux Élise Éléonore Clémence Anaïs Amélie Bénédicte Geneviève Solène Maëlle Noémie Océane Agathe
        Ambre Apolline Béatrice Capucine Colette Corinne Danielle Delphine Dominique Élodie Émilie Estelle Fabienne
        Gaëlle Ghislaine Gwenaëlle Joséphine Justine Louise Lucienne Madeleine Maïté Marguerite Mélanie Mireille
        Odile Ophélie Pascale Régine Romane Roxane Sabine Simone Suzanne Thérèse Victoire Violette Yvonne""",
        """Jean Pierre Michel André Philippe René Louis Alain Jacques Bernard Marcel Daniel Roger Robert Paul Claude
        Christian Henri Georges Nicolas François Laurent Frédéric Éric Pascal Thierry Olivier Christophe Patrick
        Stéphane Sébastien David Julien Thomas Alexandre Antoine Maxime Guillaume Romain Kévin Jérôme Vincent Anthony
        Benjamin Florian Clément Hugo Lucas Théo Enzo Nathan Mathis Louis Gabriel Raphaël Arthur Jules Adrien Baptiste
        Quentin Valentin Arnaud Aurélien Bastien Bertrand Bruno Cédric Cyril Damien Denis Didier Emmanuel Étienne
        Fabien Fabrice Gaël Gaspard Gérard Grégory Guy Hervé Jocelyn Joël Léon Loïc Ludovic Luc Marc Mathieu Maurice
        Noël Raymond Régis Rémi Serge Simon Sylvain Tanguy Timothée Tristan Victor Xavier Yannick Yves Yvan""",
        """Martin Bernard Thomas Petit Robert Richard Durand Dubois Moreau Laurent Simon Michel Lefebvre Leroy Roux
        David Bertrand Morel Fournier Girard Bonnet Dupont Lambert Fontaine Rousseau Vincent Muller Lefèvre Faure
        André Mercier Blanc Guérin Boyer Garnier Chevalier François Legrand Gauthier Garcia Perrin Robin Clément Morin
        Nicolas Henry Roussel Mathieu Gautier Masson Marchand Duval Denis Dumont Marie Lemaire Noël Meyer Dufour
        Meunier Brun Blanchard Giraud Joly Rivière Lucas Brunet Gaillard Barbier Arnaud Martinez Gérard Roche Renard
        Schmitt Roy Leroux Colin Vidal Caron Picard Roger Fabre Aubert Lemoine Renaud Dumas Lacroix Olivier Philippe
        Bourgeois Pierre Benoît Rey Leclerc Payet Rolland Leclercq Guillaume Lecomte Lopez Jean Dupuy Guillot Hubert
        Berger Carpentier Sanchez Dupuis Moulin Louis Deschamps Huet Vasseur Perez Boucher Fleury Royer Klein Jacquet
        Adam Paris Poirier Marty Aubry Guyot Carré Charles Renault Charpentier Ménard Maillard Baron Bertin Bailly
        Hervé Schneider Fernandez Collet Léger Bouvier Julien Prévost Millet Perrot Daniel Cousin Germain Breton
        Besson Langlois Rémy Pelletier Leblanc Barre Lebrun Grondin Perrier Marchal Weber Boulanger Mallet Hamon
        Jacob Monnier Michaud Guichard Gillet Étienne Grandjean Poulain Tessier Chevallier Collin Chauvin Bouchet
        Gay Lemaître Bénard Maréchal Humbert Reynaud Antoine Hoarau Perret Barthélémy Cordier Pichon Lejeune Gilbert
        Lamy Delaunay Pasquier Carlier Laporte Kowalczyk Beauchamp Beaulieu Bellanger Besnard Bigot Blondel Bodin
        Bousquet Briand Buisson Cadiou Camus Castel Chapuis Charrier Chartier Cochet Coulon Courtois Cros Daniau
        Delattre Delorme Desbois Descamps Devaux Diot Drouet Ducrocq Dufresne Duhamel Dujardin Dumoulin Duplessis
        Estève Favier Ferrand Ferry Fouquet Gaudin Georget Gosselin Goujon Guillard Guillemin Hardouin Hébert Jourdan
        Kerjean Labbé Lacombe Lagarde Lalande Leduc Lefort Legoff Lejosne Lelièvre Lesage Letellier Levasseur Loiseau
        Maçon Mahé Mangin Marquet Maury Mazet Montagne Morvan Navarro Ollivier Pagès Pascal Peltier Peyronnet Pineau
        Pommier Pons Potier Quéré Raynal Regnier Rigaud Rocher Sabatier Salaün Sauvage Tanguy Thibault Toussaint
        Tournier Vallet Verdier Vigneron Voisin Weiss""",
        "french",
    ),
    Origin(
        "maghrebi",
        16,
        """Fatima Khadija Aïcha Zohra Yasmina Nadia Samira Leïla Malika Karima Naïma Rachida Souad Latifa Fatiha
        Houria Djamila Zineb Meriem Amina Imane Sanaa Hafida Hayat Kheira Nawal Ouarda Salima Siham Wafa Zahra Assia
        Chaïma Dounia Farida Ghizlane Hanane Ikram Jihane Loubna Mounia Nour Oumaima Rania Sabrina Soumaya Warda""",
        """Mohamed Ahmed Ali Karim Rachid Said Youssef Hassan Hussein Omar Abdelkader Abdelaziz Abderrahmane Abdallah
        Mustapha Khaled Mourad Nabil Farid Kamel Samir Hicham Sofiane Yacine Bilal Ibrahim Ismaïl Mehdi Amine Anis
        Brahim Djamel Fouad Ghani Hamza Hakim Idriss Jalal Larbi Lotfi Mahmoud Malek Mokhtar Nasser Noureddine Othmane
        Redouane Salah Slimane Tarek Walid Zakaria Zine""",
        """Benali Bouzid Khelifi Mansouri Belkacem Benamar Haddad Saidi Amrani Alaoui Idrissi Tazi Bennani Berrada
        Chraibi Fassi Lahlou Mekki Naciri Ouazzani Rahmani Slimani Taleb Zerrouki Benchekroun Bouazza Boukhari Cherif
        Daoud Djebbar Ferhat Ghazi Hamdi Hamidi Jaziri Kaddour Kebir Larbi Mahjoub Meziane Moussaoui Nasri Ouali Rami
        Sahraoui Tahar Toumi Yahiaoui Zidane Ziani Aouad Arab Ayadi Azzouz Bakhti Barkat Belhadj Bellahcene Benaissa
        Bencherif Bendjelloul Benguigui Benhamou Benkirane Bensaïd Benyahia Berkane Boudjemaa Boumediene Bouteflika
        Brahimi Chaabane Dahmani Djaballah Ghezali Guerroudj Hadjadj Hammoudi Kaci Khelladi Lounis Maamar Madani
        Mebarki Medjahed Messaoudi Mokrani Nedjar Ouchene Rezgui Sebti Touati Trabelsi Jebali Chebbi Gharbi Hammami""",
        "arabic",
    ),
    Origin(
        "west-african",
        7,
        """Fatou Aminata Awa Mariama Aïssatou Kadiatou Oumou Ramata Binta Coumba Djeneba Hawa Maïmouna Nafissatou
        Rokia Salimata Sira Khady Adja Ndeye""",
        """Mamadou Ousmane Ibrahima Moussa Amadou Boubacar Cheikh Abdoulaye Souleymane Modou Oumar Bakary Seydou Lamine
        Issa Demba Sekou Tidiane Youssouf Alassane""",
        """Diallo Traoré Coulibaly Diarra Sow Ndiaye Diop Fall Sy Ba Cissé Keïta Camara Konaté Touré Sissoko Dembélé
        Sangaré Doumbia Kanté Koné Bah Barry Baldé Gueye Mbaye Faye Sarr Seck Thiam Sylla Kouyaté Ouattara Kaboré
        Ouédraogo Sawadogo Mendy Gomis Sané Badji""",
        "french",
    ),
    Origin(
        "iberian",
        7,
        """Maria Ana Isabel Teresa Carmen Dolores Rosa Lúcia Sofia Beatriz Inês Catarina Fernanda Conceição Pilar
        Mercedes Paula Elena Cristina Raquel""",
        """José António João Manuel Carlos Luis Paulo Pedro Miguel Fernando Francisco Javier Diego Álvaro Rui Nuno
        Tiago Sérgio Joaquim Vítor""",
        """Silva Santos Ferreira Pereira Oliveira Costa Rodrigues Martins Sousa Fernandes Gonçalves Gomes Lopes Marques
        Alves Almeida Ribeiro Pinto Carvalho Teixeira Moreira Correia Mendes Nunes García Rodríguez González Hernández
        Jiménez Ruiz Moreno Álvarez Romero Gutiérrez Ortega Delgado Ramírez Núñez Domínguez Vázquez""",
        "french",
    ),
    Origin(
        "polish",
        2,
        """Katarzyna Małgorzata Agnieszka Barbara Ewa Krystyna Elżbieta Joanna Zofia Jadwiga Bożena Grażyna Wiesława
        Danuta""",
        """Krzysztof Andrzej Piotr Tomasz Paweł Michał Marcin Stanisław Jerzy Zbigniew Łukasz Wojciech Grzegorz
        Kazimierz""",
        """Nowak Kowalski Wiśniewski Wójcik Kowalczyk Kamiński Lewandowski Zieliński Szymański Woźniak Dąbrowski
        Kozłowski Jankowski Mazur Wojciechowski Kwiatkowski Krawczyk Kaczmarek Piotrowski Grabowski Pawłowski
        Michalski Zając Król Jabłoński Wieczorek Majewski Olszewski""",
        "polish",
    ),
    Origin(
        "turkish",
        2,
        "Ayşe Fatma Emine Hatice Zeynep Elif Meryem Özlem Gülay Sevgi Hülya Yıldız",
        "Mehmet Mustafa Ahmet Ali Hüseyin Hasan İbrahim Osman Yusuf Murat Emre Kemal Özgür",
        "Yılmaz Kaya Demir Şahin Çelik Yıldız Yıldırım Öztürk Aydın Özdemir Arslan Doğan Kılıç Aslan Çetin Kara Koç",
        "french",
    ),
    Origin(
        "chinese",
        4,
        "Xiaomei Lihua Yan Fang Min Jing Xiuying Yuhan Meilin Xueqing Ying Qian Huifang Lanying Ruoxi",
        "Wei Qiang Jun Jie Hao Xiaoming Guoqiang Zhiwei Haoran Yichen Zixuan Bowen Jianguo Tao Lei",
        """Wang Li Zhang Liu Chen Yang Huang Zhao Wu Zhou Xu Sun Ma Zhu Hu Guo He Lin Gao Luo Zheng Liang Xie Song Tang
        Deng Han Feng Cao Peng Zeng Xiao Tian Dong Pan Cai""",
        "chinese",
    ),
    Origin(
        "vietnamese",
        2,
        "Thị Lan Thu Hương Minh Châu Phương Anh Thanh Hà Ngọc Linh Mỹ Dung Kim Oanh Thùy Trang Bích Ngọc",
        "Văn Đức Minh Quang Hoàng Nam Quốc Bảo Thanh Tùng Đình Phúc Hữu Nghĩa Anh Tuấn Xuân Trường",
        "Nguyễn Trần Lê Phạm Huỳnh Hoàng Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Trương Đinh",
        "vietnamese",
    ),
    Origin(
        "english",
        2,
        "Elizabeth Margaret Jennifer Rebecca Katherine Emily Hannah Charlotte Olivia Grace Deborah Samantha Alice",
        "William Richard Edward James Andrew Matthew Nicholas Christopher Jonathan Joshua Oliver George Harry",
        """Smith Jones Taylor Brown Williams Wilson Johnson Davies Patel Wright Walker White Edwards Hughes Green Hall
        Lewis Clarke Thompson Jackson Wood Harris Turner Cooper Ward Baker Morris Phillips Mitchell Campbell""",
        "",
    ),
)

# Names of the list above as Arabic script writes them.
ARABIC = dict(
    pair.split("=")
    for pair in """
Fatima=فاطمة Khadija=خديجة Aïcha=عائشة Zohra=زهرة Yasmina=ياسمينة Nadia=نادية Samira=سميرة Leïla=ليلى Malika=مليكة
Karima=كريمة Naïma=نعيمة Rachida=رشيدة Souad=سعاد Latifa=لطيفة Djamila=جميلة Zineb=زينب Meriem=مريم Amina=أمينة
Imane=إيمان Hayat=حياة Nawal=نوال Salima=سليمة Siham=سهام Zahra=زهراء Nour=نور Hanane=حنان Mohamed=محمد Ahmed=أحمد
Ali=علي Karim=كريم Rachid=رشيد Said=سعيد Youssef=يوسف Hassan=حسن Hussein=حسين Omar=عمر Abdelaziz=عبد_العزيز
Abdelkader=عبد_القادر Abderrahmane=عبد_الرحمن Abdallah=عبد_الله Mustapha=مصطفى Khaled=خالد Mourad=مراد Nabil=نبيل
Farid=فريد Kamel=كمال Samir=سمير Hicham=هشام Sofiane=سفيان Yacine=ياسين Bilal=بلال Ibrahim=إبراهيم Mehdi=مهدي
Amine=أمين Hamza=حمزة Idriss=إدريس Mahmoud=محمود Malek=مالك Nasser=ناصر Othmane=عثمان Salah=صلاح Slimane=سليمان
Tarek=طارق Walid=وليد Zakaria=زكريا Benali=بن_علي Bouzid=بوزيد Khelifi=خليفي Mansouri=منصوري Belkacem=بلقاسم
Haddad=حداد Saidi=سعيدي Amrani=عمراني Alaoui=علوي Idrissi=إدريسي Tazi=تازي Bennani=بناني Cherif=شريف Daoud=داود
Hamdi=حمدي Hamidi=حميدي Kaddour=قدور Rahmani=رحماني Slimani=سليماني Taleb=طالب Zerrouki=زروقي Moussaoui=موساوي
Nasri=نصري Sahraoui=صحراوي Toumi=تومي Zidane=زيدان Brahimi=براهيمي Touati=تواتي Trabelsi=طرابلسي Gharbi=غربي
Hammami=حمامي Ziani=زياني Benaissa=بن_عيسى Madani=مدني Mokrani=مقراني
""".split()
)

PLACES = """
République Bastille Oberkampf Charonne Voltaire Belleville Ménilmontant Montmartre Pigalle Barbès Batignolles Opéra
Louvre Châtelet Halles Marais Beaubourg Odéon Panthéon Montparnasse Vaugirard Grenelle Auteuil Passy Étoile Monceau
Clichy Stalingrad Jaurès Villette Buttes-Chaumont Gambetta Nation Bercy Tolbiac Gobelins Denfert Alésia Vanves
Montreuil Saint-Denis Saint-Ouen Aubervilliers Pantin Bagnolet Vincennes Ivry Montrouge Issy Boulogne
""".split()

CLOTHING: tuple[tuple[str, str], ...] = (
    ("veste", "jacket"),
    ("manteau", "coat"),
    ("pantalon", "trousers"),
    ("jean", "jeans"),
    ("chemise", "shirt"),
    ("pull", "sweater"),
    ("robe", "dress"),
    ("jupe", "skirt"),
    ("baskets", "trainers"),
    ("casquette", "cap"),
    ("bonnet", "beanie"),
    ("écharpe", "scarf"),
    ("lunettes", "glasses"),
    ("sac", "bag"),
)
COLOURS: tuple[tuple[str, str], ...] = (
    ("rouge", "red"),
    ("bleue", "blue"),
    ("noir", "black"),
    ("blanche", "white"),
    ("vert", "green"),
    ("jaune", "yellow"),
    ("gris", "grey"),
    ("marron", "brown"),
)
