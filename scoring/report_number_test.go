package scoring

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"
)

// A Number is written as encoding/json writes a float.
func TestNumbersAreWrittenAsJSON(t *testing.T) {
	list := []float64{0, math.Copysign(0, -1), 1, -1, .1, 1. / 3, 1e-6, 9.99e-7, -1e-9, 1e-10, 1e-100, 1e20, 1e21, -1e21, 1e300, math.MaxFloat64, math.SmallestNonzeroFloat64}
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		if f := math.Float64frombits(r.Uint64()); !math.IsNaN(f) && !math.IsInf(f, 0) {
			list = append(list, f, r.Float64())
		}
	}
	for _, f := range list {
		want, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := json.Marshal(Number(f)); err != nil || string(got) != string(want) {
			t.Errorf("%s, %v, want %s", got, err, want)
		}
	}
}
