"""The page of autoencoders that are judged by images kept from their training."""
