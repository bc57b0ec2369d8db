"""What people read: the capacity report, its charts, templates and translations."""
