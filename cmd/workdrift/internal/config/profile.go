package config

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/workdrift/workdrift/scoring"
)

// dimensions are those of the drift profile. They are written as a mapping from
// the name of each to what is other than the default.
type dimensions []scoring.Dimension

type dimension struct {
	Good   float64 `yaml:"good"`
	Bad    float64 `yaml:"bad"`
	Weight float64 `yaml:"weight"`
}

func (list dimensions) names() []string {
	names := make([]string, len(list))
	for i := range list {
		names[i] = list[i].Name
	}
	return names
}

func (list *dimensions) read(d *decoder, n *yaml.Node, path string) {
	pairs, _ := d.pairs(n, path)
	for _, p := range pairs {
		i := slices.Index(list.names(), p.key.Value)
		if i < 0 {
			d.unknown(p.key, path, list.names())
			continue
		}
		one := &(*list)[i]
		in := dimension{one.Good, one.Bad, one.Weight}
		d.take([]pair{p}, p.key.Value, &in, path)
		one.Good, one.Bad, one.Weight = in.Good, in.Bad, in.Weight
	}
}

// profile checks the drift profile. A reading may be anything that its score can
// be: shares, counts, or days.
func (d *decoder) profile(p profile) {
	weighs := false
	for _, one := range p.Dimensions {
		path := d.join("profile.dimensions", one.Name)
		inRange(d, path+".good", one.Good, -1, 10_000)
		inRange(d, path+".bad", one.Bad, -1, 10_000)
		inRange(d, path+".weight", one.Weight, 0, 1000)
		if one.Good == one.Bad {
			d.errorf(path, "good and bad are the same reading")
		}
		weighs = weighs || one.Weight > 0
	}
	if p.DriftIndex && !weighs {
		d.errorf("profile.drift_index", "no dimension has a weight")
	}
}
