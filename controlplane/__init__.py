"""What goes out: the contract, the token, the client, the dispatcher."""
