package web

// apiRoutes are the lines of the API in the table of routes.
func apiRoutes() []route {
	paged := func(more ...string) []string { return append(more, "cursor", "limit") }
	return []route{
		{method: "GET", pattern: "/api/v1/openapi.yaml", name: "openapi", class: reading, view: openAPI},
		{method: "GET", pattern: "/api/v1/report", name: "report", class: reading, view: wholeReport},
		{method: "GET", pattern: "/api/v1/scores", name: "scores", class: reading, csv: true, view: scores,
			params: paged("window", "scope", "team", "objective", "name", "status")},
		{method: "GET", pattern: "/api/v1/effort", name: "effort", class: reading, csv: true, view: effortTable,
			params: paged("window", "scope", "team")},
		{method: "GET", pattern: "/api/v1/objectives", name: "objectives", class: reading, csv: true, view: objectives, params: paged()},
		{method: "GET", pattern: "/api/v1/objectives/{objective}", name: "objective", class: reading, view: oneObjective},
		{method: "GET", pattern: "/api/v1/teams", name: "teams", class: reading, csv: true, view: teams, params: paged("window")},
		{method: "GET", pattern: "/api/v1/weeks", name: "weeks", class: reading, csv: true, view: weeks, params: paged()},
		{method: "GET", pattern: "/api/v1/sources", name: "sources", class: reading, csv: true, view: sources, params: paged()},
		{method: "GET", pattern: "/api/v1/quarantine", name: "quarantine", class: reading, csv: true, view: quarantine, params: paged()},
		{method: "GET", pattern: "/api/v1/deliveries", name: "deliveries", class: reading, csv: true, view: deliveries, params: paged()},
		{method: "GET", pattern: "/api/v1/findings", name: "findings", class: reading, csv: true, view: findingTable, params: paged(),
			on: func(o *Options) bool { return o.Findings != nil }},
		{method: "GET", pattern: "/api/v1/explain", name: "explain", class: reading, csv: true, view: explain,
			params: paged("subject", "window"), on: func(o *Options) bool { return o.Explain != nil }},
		{method: "GET", pattern: "/api/v1/brief", name: "brief", class: reading, view: briefView, params: briefParams(), on: hasBrief},
		{method: "GET", pattern: "/api/v1/streams", name: "streams", class: reading, csv: true, view: streamTable,
			params: paged("category"), on: func(o *Options) bool { return o.Streams != nil }},
		{method: "GET", pattern: "/api/v1/stops", name: "stops", class: reading, csv: true, view: stopTable, params: paged()},
		{method: "GET", pattern: "/api/v1/definitions", name: "definitions", class: reading, csv: true, view: definitionTable, params: paged()},
		{method: "GET", pattern: "/api/v1/structure-log", name: "structure_log", class: reading, csv: true, view: structureLog,
			params: paged("objective", "team", "from", "to"), on: hasHistory},
		{method: "GET", pattern: "/api/v1/declarations", name: "declarations", class: reading, view: declarations,
			params: paged(), on: hasHistory},
		{method: "GET", pattern: "/api/v1/annotations", name: "annotations", class: reading, view: annotations,
			params: []string{"from", "to"}, on: hasHistory},
		{method: "GET", pattern: "/api/v1/overrides", name: "overrides", class: reading, csv: true, view: overrides,
			params: paged(), on: func(o *Options) bool { return o.Overrides != nil }},
		{method: "POST", pattern: "/api/v1/overrides", name: "decide", class: triaging, view: decide, on: decides},
		{method: "DELETE", pattern: "/api/v1/overrides", name: "withdraw", class: triaging, view: withdraw,
			params: []string{"key", "decision"}, on: decides},
		{method: "POST", pattern: "/api/v1/stop-decisions", name: "stop", class: triaging, view: stop, on: decides},
		{method: "POST", pattern: "/api/v1/check-ins", name: "check_in", class: triaging, view: checkIn,
			on: func(o *Options) bool { return o.CheckIn != nil }},
	}
}

func hasHistory(o *Options) bool { return o.Declared != nil }
func hasBrief(o *Options) bool   { return o.Brief != nil }
func decides(o *Options) bool    { return o.Decide != nil }
