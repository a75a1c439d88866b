// Three small programs that stand between or beside the clients that are measured:
//
//	relay  a TCP relay with a fixed delay each way: nobody is 0 ms from a cluster
//	count  a reverse proxy that counts one client's requests by verb and resource
//	bare   nothing but concurrent apply PATCHes: how fast this API server can take these bytes
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	programs := map[string]func([]string) error{"relay": relay, "count": count, "bare": bare}
	if len(os.Args) < 2 || programs[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: relay | count | bare")
		os.Exit(2)
	}
	if err := programs[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// orphaned ends a server whose benchmark is gone: its standard input is then closed.
func orphaned() {
	signal.Ignore(syscall.SIGINT) // Ctrl-C is the benchmark's to answer
	buffer := make([]byte, 1)
	for {
		if _, err := os.Stdin.Read(buffer); err != nil {
			os.Exit(0)
		}
	}
}
