// Command chartcheck lints the chart as "helm lint --strict" does, renders it as
// "helm template" does, with helm's own packages, decodes each object into the
// type that Kubernetes or the Prometheus operator has for it, and prints them
// all:
//
//	chartcheck [-set path=value ...] CHART VALUES
//
// A field that its type does not have, or has otherwise, is an error, as it
// would be for an API server that validates strictly. It is a module of its own,
// so that Workdrift depends on nothing of Kubernetes.
package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/lint"
	"helm.sh/helm/v3/pkg/lint/support"
	"helm.sh/helm/v3/pkg/strvals"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	kubernetes "k8s.io/client-go/kubernetes/scheme"
)

const (
	// release is the name of the release and of its namespace.
	release = "drift"
	// version is the oldest Kubernetes that the chart promises to work with.
	version = "v1.31.0"
)

func main() {
	log.SetOutput(io.Discard) // where helm tells that it follows links, which it shall
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run checks the chart and prints its objects, as documents of one stream in the
// order of their files.
func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("chartcheck", flag.ContinueOnError)
	var sets []string
	flags.Func("set", "a value, as path=value", func(text string) error { sets = append(sets, text); return nil })
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 2 {
		return errors.New("usage: check [-set path=value ...] CHART VALUES")
	}
	dir := flags.Arg(0)
	values, err := chartutil.ReadValuesFile(flags.Arg(1))
	if err != nil {
		return fmt.Errorf("read the values: %w", err)
	}
	for _, set := range sets {
		if err := strvals.ParseInto(set, values); err != nil {
			return fmt.Errorf("set %s: %w", set, err)
		}
	}
	if err := lintChart(dir, values); err != nil {
		return err
	}
	files, err := render(dir, values)
	if err != nil {
		return err
	}
	types, err := newTypes()
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		for document := range strings.SplitSeq(files[name], "\n---\n") {
			if strings.TrimSpace(document) == "" {
				continue
			}
			if _, _, err := types.Decode([]byte(document), nil, nil); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			if _, err := fmt.Fprintf(out, "---\n%s\n", document); err != nil {
				return err
			}
		}
	}
	return nil
}

// lintChart returns what helm's linter calls a warning or worse.
func lintChart(dir string, values map[string]any) error {
	oldest, err := chartutil.ParseKubeVersion(version)
	if err != nil {
		return err
	}
	var all []error
	for _, m := range lint.AllWithKubeVersion(dir, values, release, oldest).Messages {
		if m.Severity >= support.WarningSev {
			all = append(all, m)
		}
	}
	return errors.Join(all...)
}

// render returns the manifests by the name of their template.
func render(dir string, values map[string]any) (map[string]string, error) {
	chart, err := loader.Load(dir)
	if err != nil {
		return nil, fmt.Errorf("load the chart: %w", err)
	}
	oldest, err := chartutil.ParseKubeVersion(version)
	if err != nil {
		return nil, err
	}
	capabilities := *chartutil.DefaultCapabilities
	capabilities.KubeVersion = *oldest
	if err := chartutil.ProcessDependenciesWithMerge(chart, values); err != nil {
		return nil, fmt.Errorf("process dependencies: %w", err)
	}
	all, err := chartutil.ToRenderValues(chart, values, chartutil.ReleaseOptions{Name: release, Namespace: release, Revision: 1, IsInstall: true}, &capabilities)
	if err != nil {
		return nil, fmt.Errorf("merge values: %w", err)
	}
	files, err := engine.Render(chart, all)
	if err != nil {
		return nil, fmt.Errorf("render: %w", err)
	}
	maps.DeleteFunc(files, func(name, _ string) bool {
		return path.Base(name) == "NOTES.txt" || strings.HasPrefix(path.Base(name), "_")
	})
	return files, nil
}

// newTypes returns the decoder of all objects of Kubernetes and of the
// Prometheus operator.
func newTypes() (runtime.Decoder, error) {
	types := runtime.NewScheme()
	if err := cmp.Or(kubernetes.AddToScheme(types), monitoring.AddToScheme(types)); err != nil {
		return nil, fmt.Errorf("register types: %w", err)
	}
	return serializer.NewCodecFactory(types, serializer.EnableStrict).UniversalDeserializer(), nil
}
