package breaks

// insecure holds for the last names of a flag or field a value that undoes what ours is for. Truth values are turned round
// and paths led elsewhere without an entry.
var insecure = map[string]any{
	// Flags of the API server.
	"audit-log-maxage":                     "1",
	"audit-log-maxbackup":                  "1",
	"audit-log-maxsize":                    "1",
	"audit-webhook-mode":                   "",
	"authorization-mode":                   "AlwaysAllow",
	"enable-admission-plugins":             "AlwaysAdmit",
	"request-timeout":                      "24h",
	"requestheader-allowed-names":          "",
	"service-account-issuer":               "https://tokens.example.com",
	"tls-curve-preferences":                "23",
	"service-account-max-token-expiration": "8760h",
	"tls-cipher-suites":                    "TLS_RSA_WITH_AES_128_CBC_SHA",
	"tls-min-version":                      "VersionTLS10",
	// Flags of etcd.
	"feature-gates":       "InitialCorruptCheck=false",
	"listen-metrics-urls": "http://0.0.0.0:2381",
	// Flags of the controllers and of the kubelet.
	"bind-address":                "0.0.0.0",
	"terminated-pod-gc-threshold": "0",
	"node-ip":                     "0.0.0.0",
	// KubeletConfiguration.
	"authorization.mode":                     "AlwaysAllow",
	"healthzBindAddress":                     "0.0.0.0",
	"imagePullCredentialsVerificationPolicy": "NeverVerify",
	"podPidsLimit":                           -1,
	"readOnlyPort":                           10255,
	"tlsMinVersion":                          "VersionTLS10",
	"tlsCipherSuites[]":                      "TLS_RSA_WITH_AES_128_CBC_SHA",
	// kubeadm's own.
	"advertiseAddress":            "0.0.0.0",
	"caCertificateValidityPeriod": "876000h0m0s",
	"certificateValidityPeriod":   "87600h0m0s",
	"encryptionAlgorithm":         "RSA-2048",
	"kubernetesVersion":           "v1.20.0",
	"ttl":                         "0s",
	"effect":                      "PreferNoSchedule",
	// Files of the API server.
	"enforce":                 "privileged",
	"enforce-version":         "latest",
	"exemptions.namespaces[]": "default",
	"level":                   "None",
	"conditions[].path":       "/*",
	"url":                     "http://login.example.com",
	"username.prefix":         "system:",
	"groups.prefix":           "system:",
	"server":                  "http://logs.example.internal",
	"kms.apiVersion":          "v1",
	"endpoint":                "unix:///tmp/kms.sock",
}
