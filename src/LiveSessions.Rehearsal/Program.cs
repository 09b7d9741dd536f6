Console.WriteLine("Rehearsal");
