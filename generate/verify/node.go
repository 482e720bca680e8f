package verify

var nodeChecks = []*Check{
	nodeFirewall,
	kernelSettings,
	filePermissions,
	auditd,
	patching,
	containerRuntime,
	sshd,
}
