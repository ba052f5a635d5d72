package jira

import (
	"testing"

	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
)

// BenchmarkBackfill reads a thousand issues from the fake, which takes a part
// of the time.
func BenchmarkBackfill(b *testing.B) {
	r := newRig(b, largeSite(1000), fake.JiraOptions{})
	r.config = "projects: [PAY]\n"
	for b.Loop() {
		r.Shelf = connectortest.NewShelf()
		r.MustPoll(r.connect())
	}
	b.ReportMetric(float64(len(r.Shelf.Items))*float64(b.N)/b.Elapsed().Seconds(), "issues/s")
	b.ReportMetric(float64(len(r.jira.Log()))/float64(b.N), "requests/op")
}

// BenchmarkDecode decodes and normalises one recorded-like issue.
func BenchmarkDecode(b *testing.B) {
	const raw = `{"id":"1","key":"PAY-1","fields":{"summary":"x","description":"see PAY-2","created":"2026-01-01T00:00:00.000+0000","updated":"2026-01-01T00:00:00.000+0000",
		"issuetype":{"name":"Bug"},"status":{"id":"1","statusCategory":{"key":"new"}},"labels":["a"],"comment":{"total":0,"comments":[]},"worklog":{"total":0,"worklogs":[]}},
		"changelog":{"total":1,"histories":[{"id":"1","created":"2026-01-01T00:00:00.000+0000","items":[{"field":"status","from":"1","to":"3"}]}]}}`
	s, cfg := fuzzSite(), defaults()
	b.ReportAllocs()
	for b.Loop() {
		is, err := decodeIssue([]byte(raw), &s.fields)
		if err != nil {
			b.Fatal(err)
		}
		newNormaliser(source, &cfg, s).issue(is)
	}
}
