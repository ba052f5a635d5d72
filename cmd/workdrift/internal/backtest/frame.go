package backtest

import (
	"fmt"
	"io"
	"strconv"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// A Value is a sample's value. In JSON it is a text, as in Prometheus' own API,
// since it can be infinite.
type Value float64

// MarshalText implements encoding.TextMarshaler.
func (v Value) MarshalText() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(v), 'f', -1, 64), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (v *Value) UnmarshalText(text []byte) error {
	f, err := strconv.ParseFloat(string(text), 64)
	*v = Value(f)
	return err
}

// Scraped reads samples in the text format in which metrics are scraped.
// Histograms and summaries are left out.
func Scraped(text io.Reader) ([]Sample, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(text)
	if err != nil {
		return nil, fmt.Errorf("read metrics: %w", err)
	}
	var samples []Sample
	for name, family := range families {
		for _, m := range family.GetMetric() {
			s := Sample{Metric: name, Labels: make(map[string]string, len(m.GetLabel()))}
			switch family.GetType() {
			case dto.MetricType_GAUGE:
				s.Value = Value(m.GetGauge().GetValue())
			case dto.MetricType_COUNTER:
				s.Value = Value(m.GetCounter().GetValue())
			case dto.MetricType_UNTYPED:
				s.Value = Value(m.GetUntyped().GetValue())
			default:
				continue
			}
			for _, l := range m.GetLabel() {
				s.Labels[l.GetName()] = l.GetValue()
			}
			samples = append(samples, s)
		}
	}
	return samples, nil
}
