"""The admin as a house: which group may do what, the menu, and the home page with its few figures."""
