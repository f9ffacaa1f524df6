"""What comparing texts needs: words, vectors, and the numbers fitted to them."""
