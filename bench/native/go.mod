module shipline/bench

go 1.26.0
