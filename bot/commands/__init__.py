"""The commands of `madoguchi`, one module a noun; `bot.cli` gathers them."""
