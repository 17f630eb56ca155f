"""What the operations do: one file for each kind of resource, one function for each operation."""
