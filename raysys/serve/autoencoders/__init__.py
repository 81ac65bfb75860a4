"""What only autoencoder models can be asked for: latents and autoencodings of uploads, and images between two.

The work is done in the replica that holds the model; like sampling it keeps no state.
"""
