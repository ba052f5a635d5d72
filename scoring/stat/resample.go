package stat

// ResampleDocuments draws either group of documents anew, with replacement and
// as many as there are, so many times over. It returns the weighted divergence of
// each draw; places without words on either side come to 0. Of the test only the
// documents and the places count.
func ResampleDocuments(t SplitTest, times int, random Random) []float64 {
	groups := [2]*divider{newDivider(t.First, t.Places), newDivider(t.Second, t.Places)}
	mixes := [][]float64{make([]float64, t.Places), make([]float64, t.Places)}
	sums, middle := make([]float64, 2), make([]float64, t.Places)
	drawn := make([]int32, max(len(t.First), len(t.Second)))
	divergences := make([]float64, times)
	for i := range divergences {
		var lengths [2]float64
		for g, d := range groups {
			lengths[g] = float64(d.resample(drawn[:len(d.words)], &random))
			for place, n := range d.first {
				mixes[g][place] = float64(n)
			}
		}
		divergences[i], _, _ = jensenShannon(mixes, lengths[:], sums, middle)
	}
	return divergences
}

// resample adds up as many documents as there are, drawn with replacement.
func (d *divider) resample(drawn []int32, random *Random) (n int64) {
	clear(drawn)
	for range drawn {
		drawn[random.IntN(len(drawn))]++
	}
	clear(d.first)
	for i, times := range drawn {
		if times == 0 {
			continue
		}
		n += int64(times) * d.words[i]
		for _, c := range d.counts[d.starts[i]:d.starts[i+1]] {
			d.first[c>>countBits] += int64(times) * int64(c&countMask)
		}
	}
	return n
}
