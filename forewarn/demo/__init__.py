"""The demo: a bundled history of a fictitious enterprise in Taiwan, and how it is made."""
