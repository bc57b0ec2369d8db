"""What runs when: plan, fetch, analyse, decide, record; replay; grading."""
