package main

import (
	"flag"
	"fmt"
	"net"
	"time"
)

type chunk struct {
	bytes []byte
	due   time.Time
}

func relay(args []string) error {
	flags := flag.NewFlagSet("relay", flag.ExitOnError)
	upstream := flags.String("upstream", "", "where the server listens")
	delay := flags.Duration("delay", 2500*time.Microsecond, "one way")
	flags.Parse(args)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	go orphaned()
	for {
		client, err := listener.Accept()
		if err != nil {
			return err
		}
		go join(client, *upstream, *delay)
	}
}

func join(client net.Conn, upstream string, delay time.Duration) {
	server, err := net.Dial("tcp", upstream)
	if err != nil {
		client.Close()
		return
	}
	go pass(server, client, delay)
	pass(client, server, delay)
	client.Close()
	server.Close()
}

// pass hands on what it reads, each piece `delay` after it came: the delay adds no limit to the throughput.
func pass(to, from net.Conn, delay time.Duration) {
	queue := make(chan chunk, 1024)
	go func() {
		defer close(queue)
		buffer := make([]byte, 64<<10)
		for {
			n, err := from.Read(buffer)
			if n > 0 {
				queue <- chunk{append([]byte(nil), buffer[:n]...), time.Now().Add(delay)}
			}
			if err != nil {
				return
			}
		}
	}()
	broken := false
	for piece := range queue { // to its end also when nobody listens any more: the reader must not hang
		if broken {
			continue
		}
		time.Sleep(time.Until(piece.due))
		_, err := to.Write(piece.bytes)
		broken = err != nil
	}
	to.(*net.TCPConn).CloseWrite()
	if broken {
		from.Close()
	}
}
