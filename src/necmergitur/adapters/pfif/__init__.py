"""PFIF: records of people looked for, as other registries exchange them. Read under hard bounds; written as 1.4."""
