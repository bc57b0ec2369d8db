"""The words of Forewarn as plain, frozen types. Nothing of ours is imported from here, and nothing here does I/O."""
