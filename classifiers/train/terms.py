"""Under which terms each set was found."""

from __future__ import annotations

from collections.abc import Mapping

TERMS: Mapping[str, str] = {
    "ans_ar": "Apache-2.0",
    "arsarcasm_ar": "MIT",
    "constraint21_covid_en": "mirror MIT, data none stated",
    "ct20_task2_retrieval_en": "research",
    "ct21_task2a_retrieval_ar": "none stated",
    "ct21_task2a_retrieval_en": "none stated",
    "ct22": "research",
    "ct24_checkworthy": "none stated",
    "davidson_en": "MIT",
    "hatecheck_ar": "CC BY 4.0",
    "hatecheck_en": "CC BY 4.0",
    "hatecheck_vi": "none stated",
    "hatemoji_en": "CC BY 4.0",
    "hateval_en": "source terms",
    "irony_semeval18_en": "source terms",
    "known_lie_politifact_en": "none stated",
    "liar_en": "research",
    "mlma": "MIT",
    "olid_en": "none stated",
    "onion_or_not_en": "none stated",
    "osact4_ar": "none stated",
    "own": "Apache-2.0 (written for this project)",
    "satire_ar": "none stated",
    "scam_tweets_ar": "none stated",
    "smishing_en": "none stated",
    "smishing_vi": "none stated",
    "snopes_claims_en": "none stated",
    "stance_semeval16_en": "source terms",
    "vihsd_vi": "research",
}
"""Terms found with each set; the weights rest on all those named in the recipe."""

PERMISSIVE = frozenset({"ans_ar", "arsarcasm_ar", "hatemoji_en", "mlma", "own"})
"""Sets whose stated terms allow any use with attribution; ``--terms permissive`` trains on these alone."""
