"""Codes of the register of processing activities, and the Data Privacy Vocabulary terms (DPV 2.1) they stand for.

A register that others can read by machine says `https://w3id.org/dpv#…`, not a word of ours.
"""

from collections.abc import Mapping
from types import MappingProxyType

DPV = "https://w3id.org/dpv#"
PD = "https://w3id.org/dpv/pd#"
GDPR = "https://w3id.org/dpv/legal/eu/gdpr#"

PURPOSE: Mapping[str, str] = MappingProxyType(
    {
        "emergency_response": f"{DPV}PublicBenefit",
        "crowd_safety": f"{DPV}ProtectionOfPublicSecurity",
        "maintenance": f"{DPV}ImprovePublicServices",
        "training": f"{DPV}PersonnelManagement",
    }
)
# Article 6(1) of the GDPR, by letter. Which of them the law leaves open for what is the rules' business.
LEGAL_BASIS: Mapping[str, str] = MappingProxyType({f"A6-1-{letter}": f"{GDPR}A6-1-{letter}" for letter in "abcdef"})
PEOPLE: Mapping[str, str] = MappingProxyType(
    {
        "passers_by": f"{DPV}Visitor",
        "residents": f"{DPV}Citizen",
        "callers": f"{DPV}HumanSubject",
        "children": f"{DPV}Child",
        "staff": f"{DPV}Employee",
    }
)
# What is gathered of people. `counts` alone is about nobody.
DATA: Mapping[str, str] = MappingProxyType(
    {
        "counts": f"{DPV}AnonymisedData",
        "pseudonyms": f"{DPV}PseudonymisedData",
        "identity": f"{PD}Name",
        "contact": f"{PD}Contact",
        "location": f"{PD}Location",
        "pictures": f"{DPV}IdentifyingPersonalData",
        "health": f"{PD}MedicalHealth",
        "sound": f"{DPV}PersonalData",
        "biometric": f"{PD}Biometric",
        "access_records": f"{PD}Authenticating",
    }
)
OF_NOBODY = frozenset({"counts"})
# Kinds of data that are a kind of sensor too: what the law says of the one it says of the other.
AS_MODALITY: Mapping[str, str] = MappingProxyType({"sound": "sound", "biometric": "biometric"})
# Article 9 of the GDPR.
SENSITIVE = frozenset({"health", "biometric"})
