"""What `forewarn doctor` looks at, one file for each area. Nothing here changes anything but what it has to start."""
