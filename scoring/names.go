package scoring

// MetricNames lists the metrics that a Collector can expose, in the order of
// the catalogue.
func MetricNames() []string {
	var names []string
	for _, f := range catalogue() {
		names = append(names, f.name)
	}
	return names
}
