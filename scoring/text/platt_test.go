package text

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// Platt's curve is where the slope of its loss is 0: the sums of the residuals
// against his targets, plain and weighted by the score, vanish. Or it is flat.
func TestPlattSolvesItsEquations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var list []Trial
		hits := 0
		for range rapid.IntRange(5, 60).Draw(t, "n") {
			p := rapid.Float64Range(0.02, 0.98).Draw(t, "p")
			list = append(list, Trial{p, rapid.Bool().Draw(t, "correct")})
			hits += number(list[len(list)-1].Correct)
		}
		c := platt(list)
		high, low := float64(hits+1)/float64(hits+2), 1/float64(len(list)-hits+2)
		plain, weighted := 0.0, 0.0
		for _, l := range list {
			target := low
			if l.Correct {
				target = high
			}
			rest := c.at(l.P) - target
			plain, weighted = plain+rest, weighted+rest*math.Log(l.P/(1-l.P))
		}
		if math.Abs(plain) > 1e-4 || c.slope > 0 && math.Abs(weighted) > 1e-4 || c.slope < 0 || c.slope == 0 && weighted < -1e-4 {
			t.Fatalf("%+v leaves %v and %v", c, plain, weighted)
		}
	})
}
