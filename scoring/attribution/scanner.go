package attribution

import "strings"

// A scanner finds which globs and regular expressions match a value. Each
// pattern waits for three bytes that its matches contain, chosen to be rare
// among the patterns, so that a value costs its length and not the number of
// patterns.
type scanner struct {
	atoms  map[int32]*atom
	always []int32              // patterns without a literal to wait for
	grams  map[uint32][]waiting // patterns by the bytes they wait for
	bits   [1 << 10]uint64      // which hashes of grams occur at all
}

// waiting is a literal whose gram lies at an offset of it, and its pattern.
type waiting struct {
	literal string
	offset  int
	id      int32
}

type scanned struct {
	id       int32
	atom     *atom
	literals []string // nil when nothing can be waited for
}

func newScanner(list []scanned) *scanner {
	s := &scanner{atoms: make(map[int32]*atom, len(list)), grams: make(map[uint32][]waiting)}
	frequency := make(map[uint32]int)
	for _, p := range list {
		s.atoms[p.id] = p.atom
		for _, l := range p.literals {
			for i := 0; i+gramLength <= len(l); i++ {
				frequency[gram(l, i)]++
			}
		}
	}
	for _, p := range list {
		if len(p.literals) == 0 || shortest(p.literals) < gramLength {
			s.always = append(s.always, p.id)
			continue
		}
		for _, l := range p.literals {
			rare := 0
			for i := 1; i+gramLength <= len(l); i++ {
				if frequency[gram(l, i)] < frequency[gram(l, rare)] {
					rare = i
				}
			}
			g := gram(l, rare)
			s.grams[g] = append(s.grams[g], waiting{l, rare, p.id})
			h := gramHash(g)
			s.bits[h>>6] |= 1 << (h & 63)
		}
	}
	return s
}

func gram(s string, i int) uint32 {
	return uint32(s[i]) | uint32(s[i+1])<<8 | uint32(s[i+2])<<16
}

func gramHash(g uint32) uint32 { return g * 2654435761 >> 16 }

// scan appends the patterns that match a value. tried is scratch by atom:
// those that hold the stamp have been tried on this value.
func (s *scanner) scan(out []int32, value, folded string, tried []uint32, stamp uint32) []int32 {
	for _, id := range s.always {
		if s.atoms[id].match(value, folded) {
			out = append(out, id)
		}
	}
	if len(s.grams) == 0 {
		return out
	}
	for i := 0; i+gramLength <= len(folded); i++ {
		g := gram(folded, i)
		if h := gramHash(g); s.bits[h>>6]&(1<<(h&63)) == 0 {
			continue
		}
		for _, w := range s.grams[g] {
			if tried[w.id] == stamp || i < w.offset || !strings.HasPrefix(folded[i-w.offset:], w.literal) {
				continue
			}
			tried[w.id] = stamp
			if s.atoms[w.id].match(value, folded) {
				out = append(out, w.id)
			}
		}
	}
	return out
}
