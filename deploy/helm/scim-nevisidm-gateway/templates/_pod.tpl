{{- define "gateway.pod" -}}
metadata:
  labels:
    {{- include "gateway.labels" . | nindent 4 }}
    {{- with .Values.podLabels }}{{ toYaml . | nindent 4 }}{{- end }}
  annotations:
    # mappings and secrets are taken up while it serves; settings roll the pods
    checksum/settings: {{ toYaml .Values.settings | sha256sum }}
    {{- with .Values.podAnnotations }}{{ toYaml . | nindent 4 }}{{- end }}
spec:
  serviceAccountName: {{ include "gateway.name" . }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ add (int .Values.stop.drainSeconds) (int .Values.stop.graceSeconds) 10 }}
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets: {{ toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    runAsGroup: 10001
    fsGroup: 10001
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile: { type: RuntimeDefault }
  containers:
    - name: gateway
      image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args: [serve, --config, /etc/scim-nevisidm/settings/gateway.yaml, --host, 0.0.0.0, --port, "8080"]
      ports:
        - { name: http, containerPort: 8080 }
        - { name: admin, containerPort: 9090 }
      env:
        - { name: GATEWAY_ADMIN__HOST, value: 0.0.0.0 }
        - { name: GATEWAY_ADMIN__PORT, value: "9090" }
        - { name: GATEWAY_STOP__DRAIN_SECONDS, value: {{ .Values.stop.drainSeconds | quote }} }
        - { name: GATEWAY_STOP__GRACE_SECONDS, value: {{ .Values.stop.graceSeconds | quote }} }
        - { name: GATEWAY_WORKERS, value: {{ .Values.workers | quote }} }
        {{- if include "gateway.mappings" . }}
        - { name: GATEWAY_MAPPINGS, value: /etc/scim-nevisidm/mappings }
        {{- end }}
        {{- if .Values.records.enabled }}
        - { name: GATEWAY_AUDIT__FILE, value: /var/lib/scim-nevisidm/audit.jsonl }
        - { name: GATEWAY_JOURNAL__FOLDER, value: /var/lib/scim-nevisidm/journal }
        {{- end }}
        {{- range .Values.secrets }}
        {{- if .variable }}
        - { name: {{ .variable }}, value: /run/secrets/{{ .name }}/{{ required (printf "secrets: %s has a variable and no key" .name) .key }} }
        {{- end }}
        {{- end }}
      startupProbe:
        httpGet: { path: /live, port: admin }
        periodSeconds: 1
        failureThreshold: 60
      livenessProbe:
        httpGet: { path: /live, port: admin }
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        httpGet: { path: /ready, port: admin }
        periodSeconds: 2
        timeoutSeconds: 3
        failureThreshold: 1
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        privileged: false
        capabilities: { drop: [ALL] }
      resources: {{ toYaml .Values.resources | nindent 8 }}
      volumeMounts:
        - { name: settings, mountPath: /etc/scim-nevisidm/settings, readOnly: true }
        - { name: tmp, mountPath: /tmp }
        {{- if include "gateway.mappings" . }}
        - { name: mappings, mountPath: /etc/scim-nevisidm/mappings, readOnly: true }
        {{- end }}
        {{- if .Values.records.enabled }}
        - { name: records, mountPath: /var/lib/scim-nevisidm }
        {{- end }}
        {{- range .Values.secrets }}
        # the whole Secret, without subPath: else a rotated one would not be seen
        - { name: secret-{{ .name }}, mountPath: /run/secrets/{{ .name }}, readOnly: true }
        {{- end }}
  volumes:
    - name: settings
      configMap: { name: {{ include "gateway.name" . }}-settings }
    - name: tmp
      emptyDir: { sizeLimit: 16Mi }
    {{- if include "gateway.mappings" . }}
    - name: mappings
      configMap: { name: {{ include "gateway.mappings" . }} }
    {{- end }}
    {{- range .Values.secrets }}
    - name: secret-{{ .name }}
      secret: { secretName: {{ .secret }}, defaultMode: 0440 }
    {{- end }}
  topologySpreadConstraints:
    {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
    - maxSkew: 1
      topologyKey: {{ . }}
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels: {{ include "gateway.selector" $ | nindent 10 }}
    {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector: {{ toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations: {{ toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity: {{ toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
