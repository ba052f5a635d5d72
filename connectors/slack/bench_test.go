package slack

import (
	"testing"

	"github.com/workdrift/workdrift/connectors/fake"
)

// BenchmarkBackfill reads 10,000 messages in 700 threads and out of them from a
// server on the same machine, without a store.
func BenchmarkBackfill(b *testing.B) {
	r := newRig(b, busy(), fake.SlackOptions{NoLimit: true})
	b.ReportAllocs()
	for b.Loop() {
		c, cursor, items := r.connect(), map[string]string{}, 0
		for more := true; more; {
			batch, err := c.Fetch(b.Context(), cursor)
			if err != nil {
				b.Fatal(err)
			}
			for k, v := range batch.Next {
				cursor[k] = v
			}
			items += len(batch.Items)
			more = batch.More
		}
		if items != 7000 {
			b.Fatalf("%d items", items)
		}
		size := 0
		for k, v := range cursor {
			size += len(k) + len(v)
		}
		b.ReportMetric(float64(size), "cursor-bytes")
	}
}

// BenchmarkNormalise turns one message with references into an item.
func BenchmarkNormalise(b *testing.B) {
	n := &normaliser{source: source, checksIn: func(string, string) bool { return false }, met: func(string) {}}
	m := &wireMessage{Text: "Shall we do PAY-7? See <https://github.com/acme/api/pull/12|the change> before Friday, please", User: "U1", TS: "1777539600.000119"}
	if err := m.valid(); err != nil {
		b.Fatal(err)
	}
	d := &desk{id: "C1", prefix: "T1/C1/", channelPos: channelPos{Name: "dev"}}
	b.ReportAllocs()
	for b.Loop() {
		if it := n.item(&discussion{channel: d, messages: []*wireMessage{m}}); len(it.Links) != 2 {
			b.Fatal(it.Links)
		}
	}
}
