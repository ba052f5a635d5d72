{{- define "workdrift.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "workdrift.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "workdrift.labels" -}}
{{ include "workdrift.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "workdrift.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{- /* The configuration with what only the chart knows. */ -}}
{{- define "workdrift.config" -}}
{{- $web := .Values.config.web | default dict -}}
{{- if not .Values.config.connectors -}}
{{- fail "config.connectors is empty: nothing would be read" -}}
{{- end -}}
{{- if not (or $web.access $web.web_config_file $web.allow_unauthenticated) -}}
{{- fail "config.web does not say who may read: set access, web_config_file, or allow_unauthenticated: true" -}}
{{- end -}}
{{- $given := dict "listen_address" "0.0.0.0:9797" "probe_address" "0.0.0.0:9798" -}}
{{- if .Values.hooks.enabled -}}
{{- $_ := set $given "hooks_address" "0.0.0.0:9799" -}}
{{- end -}}
{{- range $key, $_ := $given -}}
{{- if hasKey $web $key -}}
{{- fail (printf "config.web.%s is set by the chart" $key) -}}
{{- end -}}
{{- end -}}
{{- if .Values.config.storage -}}
{{- fail "config.storage is set by the chart" -}}
{{- end -}}
{{- $config := merge (dict "web" (merge $given $web) "storage" (dict "directory" "/var/lib/workdrift/data")) .Values.config -}}
{{- toYaml $config -}}
{{- end -}}

{{- /* The rules of Prometheus, for the job of this release. */ -}}
{{- define "workdrift.rules" -}}
groups:
{{- range list "workdrift.rules.yaml" "workdrift.alerts.yaml" }}
{{- $text := $.Files.Get (printf "files/%s" .) -}}
{{- $text = $text | replace "job=\"workdrift\"" (printf "job=%q" $.Values.job) -}}
{{- $text = $text | replace "job: workdrift" (printf "job: %s" $.Values.job) -}}
{{- $text = $text | replace "https://grafana.example.com" $.Values.prometheusRule.grafana }}
{{ toYaml (fromYaml $text).groups }}
{{- end }}
{{- end -}}

{{- /* One endpoint of a monitor. */ -}}
{{- define "workdrift.endpoint" -}}
port: web
interval: {{ .monitor.interval }}
scrapeTimeout: {{ .monitor.scrapeTimeout }}
relabelings:
  # The rules select by this label.
  - targetLabel: job
    replacement: {{ .job }}
{{- with .monitor.endpoint }}
{{ toYaml . }}
{{- end }}
{{- end -}}
