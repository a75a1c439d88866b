"""The rows of the table: each module measures one kind of work and says what came of it."""
