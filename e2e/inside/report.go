// Package inside is what a process in a container finds out about its own confinement, by looking and by trying. It uses
// nothing but the standard library, so that a program with it can be the only file of an image.
package inside

// OrdersVariable is the environment variable that holds the orders of a program in a container, as JSON.
const OrdersVariable = "BARTIZAN_PROBE"

// Orders say what the program in place of a real one does besides looking.
type Orders struct {
	// Listen are TCP ports on which it answers HTTP, and gRPC's question about health.
	Listen []int
	// Ends says that it looks and ends, as the program of an init container does.
	Ends bool
	// Fill is how many bytes it writes to a new file, by the directory.
	Fill map[string]int64
}

// Report is what a process sees. It is written as one line of JSON.
type Report struct {
	PID, UID, GID int
	// Groups are the supplementary groups, sorted.
	Groups []int
	// Status holds lines of /proc/self/status: the five sets of capabilities as hexadecimal numbers (CapInh, CapPrm,
	// CapEff, CapBnd, CapAmb) and Seccomp; and NoNewPrivs as the kernel answers it.
	Status map[string]string
	// Refused is the name of the error with which a system call ended that the profile of the runtime refuses; "" if the
	// kernel took it.
	Refused map[string]string
	// AppArmor is the profile of the process; "" on a host without AppArmor.
	AppArmor string
	// Kernel is how the kernel names itself in /proc/version, Messages the first of those that it logged; "" if the process may
	// not read them.
	Kernel, Messages string
	// UsersMap and GroupsMap say who the users and groups of its user namespace are on the node.
	UsersMap, GroupsMap []Range
	// Namespaces are those of the process by kind, as /proc/self/ns names them: "pid:[4026531836]".
	Namespaces map[string]string
	Mounts     []Mount
	// Writable are the directories in which a file could be made, and the files that could be opened for writing: of the
	// root file system, and of each mount its top.
	Writable []string
	// Files are those of the volumes that the kubelet fills: Secrets, ConfigMaps and tokens among them.
	Files []File
	// Devices are the names below /dev of device files.
	Devices []string
	// Environment holds the variables by name.
	Environment map[string]string
	// Memory is the limit in bytes, CPU in thousandths of a processor; 0 where there is none.
	Memory, CPU int64
}

// Range is one line of /proc/self/uid_map or gid_map: Count numbers, of which the first is Inside in the user namespace and
// Outside on the node.
type Range struct{ Inside, Outside, Count uint32 }

// Mount is one line of /proc/self/mountinfo.
type Mount struct {
	Point, Type string
	ReadOnly    bool
	// Size is that of the file system, in bytes.
	Size uint64
	// GID is the group that owns the directory or file at the mount point, Mode its permissions.
	GID  int
	Mode uint32
}

// File is a regular file.
type File struct {
	Path     string
	UID, GID int
	Mode     uint32
	// Sum is the SHA-256 sum of its content, in hexadecimal; "" if the process may not read it.
	Sum string
	// Token is what the file says if it is a token.
	Token *Token
}

// Token is what a service account's token says.
type Token struct {
	Audiences []string
	// Subject is the account, Pod the pod with which the token ends.
	Subject, Pod string
	// Seconds is the time from its issue to its end.
	Seconds int64
}
