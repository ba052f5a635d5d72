package scoring_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/scoring/effort"
)

// A vector is one worked number of the score specification.
type vector struct{ Input, Expected json.RawMessage }

// vectorTests runs each vector through the function that evaluates.
func vectorTests() map[string]func(*testing.T, vector) {
	tests := map[string]func(*testing.T, vector){}
	for _, part := range []map[string]func(*testing.T, vector){
		effortVectors(), scoreVectors(), privacyVectors(), attributionVectors(),
		velocityVectors(), confidenceVectors(), consensusVectors(), outcomeVectors(), cadenceVectors(),
		focusVectors(), vocabularyVectors(), phaseVectors(), debtVectors(), coherenceVectors(),
		structureVectors(), profileVectors(), textVectors(),
	} {
		maps.Copy(tests, part)
	}
	return tests
}

// readVectors returns the vectors by short id, the part before the first
// underscore.
func readVectors(t *testing.T) map[string]vector {
	t.Helper()
	body, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var file map[string]vector
	if err := json.Unmarshal(body, &file); err != nil {
		t.Fatal(err)
	}
	short := make(map[string]vector, len(file))
	for name, v := range file {
		id, _, _ := strings.Cut(name, "_")
		if _, twice := short[id]; twice {
			t.Fatalf("two vectors have the id %s", id)
		}
		short[id] = v
	}
	return short
}

func TestVectors(t *testing.T) {
	vectors, tests := readVectors(t), vectorTests()
	for _, id := range slices.Sorted(maps.Keys(tests)) {
		t.Run(id, func(t *testing.T) {
			v, ok := vectors[id]
			if !ok {
				t.Fatal("the file has no such vector")
			}
			tests[id](t, v)
		})
	}
}

// No vector is left out, and none is listed that does not exist.
func TestEveryVectorIsRun(t *testing.T) {
	listed := slices.Sorted(maps.Keys(vectorTests()))
	if file := slices.Sorted(maps.Keys(readVectors(t))); !slices.Equal(listed, file) {
		t.Errorf("listed are\n%v\nthe file has\n%v", listed, file)
	}
}

// decode reads one side of a vector into a type that names all its fields, so
// that nothing in it is overlooked.
func decode[T any](t *testing.T, raw json.RawMessage) (into T) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&into); err != nil {
		t.Fatal(err)
	}
	return into
}

// prose is a field that explains and is not compared.
type prose json.RawMessage

func (p *prose) UnmarshalJSON(b []byte) error { *p = b; return nil }

// same compares a number with a vector's, which has six decimals.
func same(t *testing.T, what string, got, want float64) {
	t.Helper()
	within(t, what, got, want, 1e-6)
}

func within(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance+1e-12) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// all compares a list of numbers.
func all(t *testing.T, what string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s are %v, want %v", what, got, want)
	}
	for i := range got {
		same(t, what, got[i], want[i])
	}
}

// pd turns person-days of a vector into the ledger's unit.
func pd(personDays float64) effort.Micro {
	return effort.Micro(math.Round(personDays * float64(effort.PersonDay)))
}

// pds does so for a list.
func pds(personDays ...float64) []effort.Micro {
	list := make([]effort.Micro, len(personDays))
	for i, v := range personDays {
		list[i] = pd(v)
	}
	return list
}

// defined fails the test unless a score is defined.
func defined(t *testing.T, ok bool) {
	t.Helper()
	if !ok {
		t.Fatal("the score is undefined")
	}
}
