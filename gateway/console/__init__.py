"""The console: a page in the browser that shows what a request becomes, lets mappings be tried, and watches requests as shapes."""
