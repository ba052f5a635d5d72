package web

// pageRoutes are the lines of the pages in the table of routes.
func pageRoutes() []route {
	explains := func(o *Options) bool { return o.Explain != nil }
	return []route{
		{method: "GET", pattern: "/{$}", name: "overview", class: reading,
			handler: shown(pageView{"overview.html", "Overview", "/", overview})},
		{method: "GET", pattern: "/brief", name: "brief_page", class: reading, on: hasBrief, params: briefParams(),
			handler: shown(pageView{"brief.html", "Brief", "/brief", briefOf})},
		{method: "GET", pattern: "/objectives", name: "objectives_page", class: reading,
			handler: shown(pageView{"objectives.html", "Objectives", "/objectives", objectivesList})},
		{method: "GET", pattern: "/objectives/{objective}", name: "objective_page", class: reading,
			handler: shown(pageView{"objective.html", "", "/objectives", oneObjectivePage})},
		{method: "GET", pattern: "/explain", name: "explain_page", class: reading, on: explains,
			handler: shown(pageView{"explain.html", "Explain", "", explainSubject})},
		{method: "GET", pattern: "/shadow", name: "shadow_page", class: reading, params: []string{"category", "from", "stream"}, on: func(o *Options) bool { return o.Streams != nil },
			handler: shown(pageView{"shadow.html", "Shadow roadmap", "/shadow", shadow})},
		{method: "GET", pattern: "/kill-list", name: "kill_page", class: reading,
			handler: shown(pageView{"kill.html", "Kill list", "/kill-list", killList})},
		{method: "GET", pattern: "/changes", name: "changes_page", class: reading,
			handler: shown(pageView{"changes.html", "What changed", "/changes", changes})},
		{method: "GET", pattern: "/sources", name: "sources_page", class: reading,
			handler: shown(pageView{"sources.html", "Sources", "/sources", sourcesPageOf})},
		{method: "GET", pattern: "/methods", name: "methods_page", class: reading,
			handler: shown(pageView{"methods.html", "Methods", "/methods", methodsOf})},
		{method: "GET", pattern: "/decisions", name: "decisions_page", class: reading, on: func(o *Options) bool { return o.Overrides != nil },
			handler: shown(pageView{"decisions.html", "Decisions", "/shadow", decisionsList})},
		{method: "POST", pattern: "/decisions", name: "decide_page", class: triaging, on: decides, handler: served((*server).decideForm)},
		{method: "POST", pattern: "/decisions/withdraw", name: "withdraw_page", class: triaging, on: decides, handler: served((*server).withdrawForm)},
	}
}
