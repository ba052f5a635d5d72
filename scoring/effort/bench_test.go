package effort

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// madeUpWeek is a person-week of 35 touches with about two events each, the
// size that 10 million events of 500 people over two years have.
func madeUpWeek(r *rand.Rand) Week {
	w := Week{FTE: PersonDay}
	for range 35 {
		day := &w.Days[r.IntN(5)]
		t := Touch{Presence: Presence(1 + r.IntN(presences-1))}
		minute := int16(r.IntN(600))
		for range 1 + r.IntN(3) {
			t.Minutes = append(t.Minutes, 480+minute)
			minute += 1 + int16(r.IntN(100))
		}
		day.Touches = append(day.Touches, t)
	}
	return w
}

// BenchmarkSplit splits 1 million touches under each model per operation.
func BenchmarkSplit(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	weeks := make([]Week, 1_000_000/35+1)
	for i := range weeks {
		weeks[i] = madeUpWeek(r)
	}
	c := DefaultConfig()
	for m := Model(0); m < NumModels; m++ {
		b.Run(fmt.Sprintf("model=%s", m), func(b *testing.B) {
			var into Split
			b.ReportAllocs()
			for b.Loop() {
				for i := range weeks {
					c.Split(&weeks[i], m, &into)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(weeks)*35), "ns/touch")
		})
	}
}
