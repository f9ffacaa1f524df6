"""Which published fact-check answers a claim, and how a post stands to the claim it carries."""
