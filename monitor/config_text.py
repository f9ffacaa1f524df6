"""The commented claimwatch.toml that 'init' writes. A test keeps it in step with ``monitor.settings``."""

CONFIG_TEXT = """\
# Claimwatch. Every value below is the default: remove the '#' in front of a line to change it.
# Each value may also come from the environment (CLAIMWATCH_WEB_PORT=9000), secrets also from a file named
# in ..._FILE (CLAIMWATCH_DATABASE_URL_FILE=/run/secrets/database).

[team]
# name = "Our desk"                     # shown on pages and reports
# zone = "UTC"                          # time zone of your week, such as "Asia/Ho_Chi_Minh" or "Africa/Cairo"
# language = "en"                       # en, vi or ar: reports and new accounts

[database]
# url = "sqlite:///claimwatch.db"       # or postgresql+psycopg://USER:PASSWORD@HOST/DATABASE

[web]
# host = "127.0.0.1"                    # keep it local unless a server with TLS stands in front
# port = 8000
# secure_cookies = false                # true when the desk is served over HTTPS
# address = ""                          # "https://desk.example": links in mails begin with it

[mail]
# host = ""                             # your mail server; empty: nothing is sent
# port = 587
# security = "starttls"                 # "tls" (mostly port 465), or "none" for a server on this machine
# username = ""
# password = ""                         # better: CLAIMWATCH_MAIL_PASSWORD, or a file named in ..._PASSWORD_FILE
# sender = ""                           # the address mail comes from, such as "desk@example.org"

[collect]
# contact = ""                          # a mail address or page; needed before the first public source is fetched
# per_host_seconds = 1.0                # shortest time between two requests to one host
# parallel = 4                          # sources fetched at the same time
# allow_private = []                    # host[:port] of your own servers on private addresses

[model]
# size = "claimwatch-12"                # the shipped model; "claimwatch-6" is the smaller, faster one
# kind = "encoder"                      # or "huggingface": a classifier of others beside it, or instead of it
# folder = ""                           # other weights; empty means those of the size
# workers = 2                           # texts read at the same time, each on one core
# model = ""                            # with kind = "huggingface": folder or hub id of a classifier on this machine
# labels = {}                           # ... its labels and ours: { "toxic" = "abuse" }
# use = "beside"                        # ... "beside" the shipped model, or "instead" of it

[triage]
# batch = 32                            # posts scored at a time
# queue_from = 20.0                     # priority (0 to 100) from which a flagged story is queued
# story_days = 30                       # days after which a story takes no new posts

[review]
# lease_minutes = 15                    # how long a story stays with the person who claimed it
# session_hours = 12                    # a login ends after so many hours
# idle_minutes = 60                     # and after so many minutes without a click
# exposure_cap = 60                     # hard texts a day and person, after which calm ones follow; 0 for no cap
# second_reader = true                  # false for a desk of one person
# second_harm = 3.0                     # from this harm (0 to 10) on, "false", "misleading", "altered" are read twice
# second_share = 0.05                   # and so is this share of all other decisions, chosen by lot
# audit_sample = 10                     # stories a week the machine left out, drawn by lot for people; 0 for none

[surges]
# per_week = 15                         # alarms of early warning the team sees in a week at most
# mail_to = []                          # addresses that get a mail for each of them

[summary]
# hour = 7                              # Monday, team time: from then on last week's summary is written
# look_hours = 24                       # a queued story should be looked at within so many hours
# decide_hours = 48                     # and decided within so many hours after the first look

[publishing]
# organisation = ""                     # who publishes fact-checks; empty: the team's name
# website = ""                          # web page of the organisation
# address = ""                          # where the world finds them ("https://checks.example.org"); empty: this desk
# folder = "public"                     # the published pages; any web server can serve this folder
# second_person = false                 # true: somebody who did not write on it has to publish

[oidc]
# issuer = ""                           # sign in through another service (OpenID Connect); needs the extra "oidc"
# client_id = ""
# client_secret = ""                    # better from a file: CLAIMWATCH_OIDC_CLIENT_SECRET_FILE
# redirect = ""                         # https://desk.example/login/oidc/back, as registered there
# claim = "preferred_username"          # the claim that names the login here; or "email" (verified ones only)
# name = ""                             # what the service is called on the login page

[keep]
# raw_days = 30                         # what platforms sent, verbatim
# post_days = 365                       # texts of posts; counts, decisions and the audit log stay
# kinds = { youtube = 30 }              # fewer days where a platform's terms ask for it

[tips]
# form = false                          # true opens the public page /tip: anybody may send in a text, without account
# per_hour = 60                         # tips taken in an hour, the form and the webhook apart
# per_address = 5                       # tips one address may send by the form in an hour
# secret = ""                           # "whsec_..." signs tips that other programs send to /tip/webhook; empty: closed

# Sources. Remove the '#' to add one; they are created when claimwatch starts. Public sources need collect.contact.
# 'claimwatch sources add' and the page /sources do the same. Whom you watch is your decision: topics, outlets and
# institutions, never a private person.
#
# [[source]]
# name = "WHO news (English)"
# kind = "feed"
# every_minutes = 30
# options = { url = "https://www.who.int/rss-feeds/news-english.xml" }
#
# [[source]]
# name = "ReliefWeb updates"
# kind = "feed"
# options = { url = "https://reliefweb.int/updates/rss.xml" }
#
# [[source]]
# name = "UN News (Arabic)"
# kind = "feed"
# options = { url = "https://news.un.org/feed/subscribe/ar/news/all/rss.xml" }
#
# [[source]]
# name = "VnExpress (Vietnamese)"
# kind = "feed"
# options = { url = "https://vnexpress.net/rss/tin-moi-nhat.rss" }
#
# [[source]]
# name = "our own export"
# kind = "jsonl"
# options = { path = "/srv/claimwatch/incoming" }
"""
