package web

// pageRoutes are the lines of the pages in the table of routes.
func pageRoutes() []route {
	return []route{
		{method: "GET", pattern: "/{$}", name: "overview", class: reading,
			handler: shown(pageView{"overview.html", "Overview", "/", overview})},
	}
}
