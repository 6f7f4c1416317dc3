{{- define "gateway.name" -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}-gateway
{{- end -}}

{{- define "gateway.selector" -}}
app.kubernetes.io/name: scim-nevisidm-gateway
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "gateway.labels" -}}
{{ include "gateway.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{- define "gateway.mappings" -}}
{{- if .Values.mappingsConfigMap -}}{{ .Values.mappingsConfigMap }}{{- else if .Values.mappings -}}{{ include "gateway.name" . }}-mappings{{- end -}}
{{- end -}}

{{- define "gateway.check" -}}
{{- $url := dig "nevisidm" "url" "" .Values.settings -}}
{{- $redis := dig "shared" "redis" "" .Values.settings -}}
{{- $several := or .Values.autoscaling.enabled (gt (int .Values.replicas) 1) (gt (int .Values.workers) 1) -}}
{{- if and .Values.sandbox $url -}}{{- fail "sandbox: there is a nevisidm.url, too; which is it?" -}}{{- end -}}
{{- if and (not .Values.sandbox) (not $url) -}}{{- fail "settings.nevisidm.url is missing; for a trial without a nevisIDM set sandbox: true" -}}{{- end -}}
{{- if and .Values.sandbox $several -}}{{- fail "sandbox: each process would have an emulator of its own; set replicas: 1, workers: 1" -}}{{- end -}}
{{- if and $several (not $redis) (not .Values.unshared) -}}{{- fail "several processes: set settings.shared.redis (docs/limits.md), or unshared: true to do without" -}}{{- end -}}
{{- end -}}
