"""A report as a page, as text and as tables: nothing is reckoned here, only shown."""
