"""The `msklite` command. Floor 7; one file per command group, loaded only when it is called."""
