package stat

import "testing"

func BenchmarkKaplanMeier1000(b *testing.B) {
	observed := make([]Observed, 1000)
	for i := range observed {
		observed[i] = Observed{Time: float64(i * 7919 % 365), Ended: i%3 > 0}
	}
	for b.Loop() {
		if _, ok := KaplanMeier(observed).Median(); !ok {
			b.Fatal("no median")
		}
	}
}

func BenchmarkMannKendall(b *testing.B) {
	for _, n := range []int{12, 52} {
		b.Run(map[int]string{12: "12", 52: "52"}[n], func(b *testing.B) {
			w := make(Weekly, n)
			for i := range w {
				w[i] = Point{i, float64(i + i*7919%5)}
			}
			for b.Loop() {
				if MannKendall(w).S <= 0 {
					b.Fatal("no trend")
				}
			}
		})
	}
}
