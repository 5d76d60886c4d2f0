{{- define "callboard.services" -}}
auth assets tasks chat crud
{{- end }}

{{- /* Processes that keep or serve files: those with a STORAGE_URL among their settings. */}}
{{- define "callboard.filing" -}}
gateway auth tasks crud
{{- end }}

{{- define "callboard.labels" -}}
app.kubernetes.io/name: callboard
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end }}

{{- define "callboard.meta" -}}
name: callboard-{{ .name }}
labels:
  {{- include "callboard.labels" . | nindent 2 }}
  app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
  app.kubernetes.io/managed-by: {{ .root.Release.Service }}
  helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{- define "callboard.image" -}}
{{ .root.Values.image.registry }}/callboard-{{ .name }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}
{{- end }}

{{- define "callboard.brokerSecret" -}}
{{ .Values.broker.secret | default (printf "%s-default-user" .Values.broker.name) }}
{{- end }}

{{- define "callboard.managementUrl" -}}
{{ .Values.broker.managementUrl | default (printf "http://%s.%s.svc:15672/" .Values.broker.name .Release.Namespace) }}
{{- end }}

{{- /* One variable from a secret: name, secret, key, optional. */}}
{{- define "callboard.secretVariable" -}}
- name: {{ .name }}
  valueFrom: {secretKeyRef: {name: {{ .secret }}, key: {{ .key | default .name }}{{ if .optional }}, optional: true{{ end }}}}
{{- end }}

{{- /* The database of one service. */}}
{{- define "callboard.databaseUrl" -}}
{{- $variable := printf "%s_DATABASE_URL" (upper .service) }}
{{- if eq .root.Values.database.mode "perService" }}
{{- include "callboard.secretVariable" (dict "name" $variable "secret" (printf "callboard-db-%s-app" .service) "key" "uri") }}
{{- else }}
{{- include "callboard.secretVariable" (dict "name" $variable "secret" .root.Values.secrets.databases) }}
{{- end }}
{{- end }}

{{- /* Databases that a process opens. */}}
{{- define "callboard.opens" -}}
{{- if has .name (list "relay" "prepare") }}{{ include "callboard.services" . }}
{{- else if eq .name "webhooks" }}crud
{{- else if ne .name "gateway" }}{{ .name }}
{{- end }}
{{- end }}

{{- define "callboard.environment" -}}
{{- $root := .root }}{{- $name := .name }}{{- $secrets := .root.Values.secrets }}
{{- range $service := splitList " " (include "callboard.opens" .) }}{{ if $service }}
{{ include "callboard.databaseUrl" (dict "root" $root "service" $service) }}
{{- end }}{{ end }}
{{- if eq $name "prepare" }}
{{- range list "ADMIN_EMAIL" "ADMIN_PASSWORD" }}
{{ include "callboard.secretVariable" (dict "name" . "secret" $secrets.admin) }}
{{- end }}
{{- range $variable, $value := $root.Values.settings.prepare }}
- {name: {{ $variable }}, value: {{ $value | quote }}}
{{- end }}
{{- if eq $root.Values.database.mode "shared" }}
{{ include "callboard.secretVariable" (dict "name" "DATABASE_URL" "secret" "callboard-db-app" "key" "uri") }}
{{- else if eq $root.Values.database.mode "external" }}
{{ include "callboard.secretVariable" (dict "name" "DATABASE_URL" "secret" $secrets.databases "optional" true) }}
{{- end }}
{{- else }}
{{ include "callboard.secretVariable" (dict "name" "AMQP_URI" "secret" (include "callboard.brokerSecret" $root) "key" "connection_string") }}
{{ include "callboard.secretVariable" (dict "name" "SECRET_KEY" "secret" $secrets.keys) }}
{{ include "callboard.secretVariable" (dict "name" "PREVIOUS_SECRET_KEYS" "secret" $secrets.keys "optional" true) }}
{{- $settings := merge (dict) (index $root.Values.settings $name) $root.Values.settings.all }}
{{- if has $name (splitList " " (include "callboard.filing" .)) }}
{{- $settings = merge $settings $root.Values.settings.filing }}
{{- range list "AWS_ACCESS_KEY_ID" "AWS_SECRET_ACCESS_KEY" }}
{{ include "callboard.secretVariable" (dict "name" . "secret" $secrets.storage) }}
{{- end }}
{{- end }}
{{- if eq $name "auth" }}
{{ include "callboard.secretVariable" (dict "name" "ENCRYPTION_KEY" "secret" $secrets.auth) }}
{{ include "callboard.secretVariable" (dict "name" "PREVIOUS_ENCRYPTION_KEYS" "secret" $secrets.auth "optional" true) }}
{{ include "callboard.secretVariable" (dict "name" "MAIL_URL" "secret" $secrets.auth) }}
{{- end }}
{{- /* Else the usual port of the host in AMQP_URI. */}}
{{- if and (eq $name "crud") (or $root.Values.broker.create $root.Values.broker.managementUrl) }}
- {name: BROKER_MANAGEMENT_URL, value: {{ include "callboard.managementUrl" $root | quote }}}
{{- end }}
{{- if has $name (list "crud" "webhooks") }}
{{ include "callboard.secretVariable" (dict "name" "ENCRYPTION_KEY" "secret" $secrets.webhooks) }}
{{ include "callboard.secretVariable" (dict "name" "PREVIOUS_ENCRYPTION_KEYS" "secret" $secrets.webhooks "optional" true) }}
{{- end }}
{{- if and $root.Values.monitoring.enabled (eq $name "gateway") }}
{{ include "callboard.secretVariable" (dict "name" "METRICS_TOKEN" "secret" $secrets.keys "optional" true) }}
{{- else if $root.Values.monitoring.enabled }}
- {name: METRICS_PORT, value: {{ $root.Values.monitoring.port | quote }}}
{{- end }}
{{- with $root.Values.tracing.endpoint }}
- {name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ . | quote }}}
{{- end }}
{{- range $key, $value := $settings }}
- {name: {{ $key }}, value: {{ $value | quote }}}
{{- end }}
{{- end }}
{{- end }}

{{- /* What every pod of ours is held to: the "restricted" standard, and nothing to write on. */}}
{{- define "callboard.podSecurity" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "callboard.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{- define "callboard.probe" -}}
{{- if eq .name "gateway" -}}
{{- /* Not /health/ready: one service that is away must not take the answers of all others along. */ -}}
httpGet: {path: /health/live, port: http}
{{- else -}}
exec: {command: [python3, -IS, deploy/probe.py, {{ .what }}]}
{{- end }}
{{- end }}
