package confidence

import (
	"testing"

	"github.com/workdrift/workdrift/scoring/objective"
)

// The forecast with its limits: 12 weeks of burn.
func BenchmarkObserved(b *testing.B) {
	for _, c := range []struct {
		name      string
		open, due int
		scale     int
	}{
		{"quarter", 40, 91, 1},
		{"two_years", 2000, 730, 20},
	} {
		b.Run(c.name, func(b *testing.B) {
			d := Delivery{Open: c.open, Today: 20000, Due: objective.Date(20000 + c.due)}
			for i, n := range []int{3, 5, 2, 0, 4, 6, 3, 1, 2, 7, 1, 4} {
				d.Weeks = append(d.Weeks, Week{Week: i, Completed: c.scale * n, Added: c.scale * (i % 3)})
			}
			for b.Loop() {
				if !ObservedOf(d).OK() {
					b.Fatal("no forecast")
				}
			}
		})
	}
}
