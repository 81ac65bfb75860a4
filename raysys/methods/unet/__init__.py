"""The U-Net of Ronneberger, Fischer and Brox (2015): which class every pixel is of."""
