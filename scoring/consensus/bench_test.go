package consensus

import "testing"

// A window of 91 days in two years of changes, the kind of which there are most.
func BenchmarkJudge50000(b *testing.B) {
	history := make([]Decision, 50_000)
	for i := range history {
		opened := float64(i) * 17520 / float64(len(history))
		history[i] = decision(i%9, i%5, opened, opened+float64(i*7919%400))
	}
	for b.Loop() {
		if len(Judge(history, at(17520-91*24), at(17520))) == 0 {
			b.Fatal("nothing judged")
		}
	}
}
