"""The demo's mailbox at /dev/mailbox/: the mails the local sink took over SMTP, shown safely. With DEMO=1 only.

`box` reads the folder, `parsing` and `framing` are pure, `views` and `urls` are the door.
"""
