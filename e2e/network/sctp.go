//go:build linux

package network

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"net"
	"net/netip"
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// SCTP is spoken here by raw sockets: a kernel may track and filter it without having it for programs. An association begins
// with a packet of one chunk, INIT, which the other end answers by INIT ACK (RFC 9260, section 5.1); that is all that is said.
const (
	chunkInit    = 1
	chunkInitAck = 2
	// firstSource is the port of the first of some connections that are under way at once.
	firstSource = 20000
)

// initChunk is the packet that begins an association.
func initChunk(from, to int) []byte {
	return sctpPacket(from, to, 0, chunkInit, uint32(from))
}

// initAck is the answer to an INIT whose sender wants to be called by the tag.
func initAck(from, to int, tag uint32) []byte {
	return sctpPacket(from, to, tag, chunkInitAck, uint32(from))
}

// sctpPacket is a packet with one chunk (RFC 9260, sections 3.1, 3.3.2 and 3.3.3).
func sctpPacket(from, to int, tag uint32, chunk byte, own uint32) []byte {
	b := make([]byte, 0, 40)
	b = binary.BigEndian.AppendUint16(b, uint16(from))
	b = binary.BigEndian.AppendUint16(b, uint16(to))
	b = binary.BigEndian.AppendUint32(b, tag)
	b = append(b, 0, 0, 0, 0) // checksum
	length := 20
	if chunk == chunkInitAck {
		length += 8 // a cookie is required
	}
	b = append(b, chunk, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(length))
	b = binary.BigEndian.AppendUint32(b, own)   // what the other end calls this one
	b = binary.BigEndian.AppendUint32(b, 65536) // window
	b = append(b, 0, 1, 0, 1)                   // streams out and in
	b = binary.BigEndian.AppendUint32(b, 1)     // first sequence number
	if chunk == chunkInitAck {
		b = append(b, 0, 7, 0, 8, 'b', 'a', 'r', 't')
	}
	binary.LittleEndian.PutUint32(b[8:], crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
	return b
}

// payload is what a raw socket read, without the header that it comes with in IPv4 only.
func payload(b []byte, from netip.Addr) []byte {
	if from.Is6() || len(b) == 0 {
		return b
	}
	return b[min(len(b), int(b[0]&15)*4):]
}

// acknowledges says whether a packet is the answer to the INIT between two ports.
func acknowledges(b []byte, from, to int) bool {
	return len(b) > 16 && int(binary.BigEndian.Uint16(b)) == to && int(binary.BigEndian.Uint16(b[2:])) == from &&
		binary.BigEndian.Uint32(b[4:]) == uint32(from) && b[12] == chunkInitAck
}

// associate makes the end answer INIT on the ports, at all addresses of a family.
func (e *End) associate(family string, ports []int) error {
	domain := unix.AF_INET
	if family == "6" {
		domain = unix.AF_INET6
	}
	fd, err := unix.Socket(domain, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.IPPROTO_SCTP)
	if err != nil {
		return err
	}
	file := os.NewFile(uintptr(fd), "sctp")
	defer file.Close() // the connection has its own
	c, err := net.FilePacketConn(file)
	if err != nil {
		return err
	}
	e.closers = append(e.closers, c.Close)
	raw := c.(*net.IPConn)
	if err := tellDestination(raw, family); err != nil {
		return err
	}
	go answerAssociations(raw, family == "6", ports)
	return nil
}

func answerAssociations(c *net.IPConn, six bool, ports []int) {
	var data, info [256]byte
	for {
		n, k, _, from, err := c.ReadMsgIP(data[:], info[:])
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		b := data[:n]
		if !six {
			b = payload(b, netip.IPv4Unspecified())
		}
		if len(b) < 32 || b[12] != chunkInit {
			continue
		}
		source, port := int(binary.BigEndian.Uint16(b)), int(binary.BigEndian.Uint16(b[2:]))
		if slices.Contains(ports, port) {
			// Lost packets are what is tested.
			_, _, _ = c.WriteMsgIP(initAck(port, source, binary.BigEndian.Uint32(b[16:])), info[:k], from)
		}
	}
}
