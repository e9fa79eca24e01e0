//! Names and addresses of people who do not exist.

use bookings_core::Client;

use super::dice::Dice;

const FIRST: [&str; 64] = [
    "Aaliyah",
    "Adaeze",
    "Aisha",
    "Alejandro",
    "Amara",
    "Amélie",
    "Anders",
    "Anika",
    "Anouk",
    "Arjun",
    "Astrid",
    "Ava",
    "Beatriz",
    "Ben",
    "Camille",
    "Carlos",
    "Chidi",
    "Chloé",
    "Daniel",
    "Deepa",
    "Diego",
    "Ebony",
    "Elena",
    "Elif",
    "Emeka",
    "Emma",
    "Esi",
    "Fatima",
    "Félix",
    "Freya",
    "Gabriel",
    "Grace",
    "Hana",
    "Hugo",
    "Imani",
    "Ingrid",
    "Isaac",
    "Ivana",
    "Jahmai",
    "Jamal",
    "Jia",
    "João",
    "Kadeem",
    "Keisha",
    "Kofi",
    "Layla",
    "Leon",
    "Lucía",
    "Malik",
    "Marcus",
    "Mei",
    "Mika",
    "Nadia",
    "Noah",
    "Olga",
    "Omar",
    "Priya",
    "Rafael",
    "Rosa",
    "Samira",
    "Sofía",
    "Tariq",
    "Yara",
    "Zoë",
];

const LAST: [&str; 64] = [
    "Abara",
    "Adeyemi",
    "Ali",
    "Almeida",
    "Andersson",
    "Baptiste",
    "Becker",
    "Bennett",
    "Bhatt",
    "Boodoo",
    "Brown",
    "Castro",
    "Charles",
    "Chen",
    "Clarke",
    "Costa",
    "Da Silva",
    "Diaz",
    "Dubois",
    "Edwards",
    "Eriksson",
    "Fernández",
    "Fischer",
    "Garcia",
    "Gomez",
    "Grant",
    "Gupta",
    "Haddad",
    "Hansen",
    "Hernández",
    "Hosein",
    "Ibrahim",
    "Ito",
    "James",
    "Joseph",
    "Khan",
    "Kim",
    "Koivu",
    "Kovács",
    "Lee",
    "Lewis",
    "López",
    "Maharaj",
    "Martin",
    "Mensah",
    "Mohammed",
    "Moreau",
    "Müller",
    "Ngata",
    "Nguyen",
    "O'Brien",
    "Okafor",
    "Olsen",
    "Patel",
    "Pierre",
    "Ramdin",
    "Reyes",
    "Rossi",
    "Sato",
    "Singh",
    "Thomas",
    "Weber",
    "Williams",
    "Young",
];

const HOSTS: [&str; 4] = ["example.com", "example.org", "example.net", "mail.example"];

/// A person for a booking; the same few thousand come again and again, as clients do.
pub fn client(dice: &mut Dice, people: u64) -> Client {
    let mut person = Dice::new(dice.below(people.max(1)));
    let name = name(&mut person);
    let plain = bookings_db::search::fold(&name).replace(' ', ".").replace('\'', "");
    let number = person.below(100);
    let host = person.pick(&HOSTS).copied().unwrap_or_default();
    let email = if person.percent(80) { format!("{plain}{number}@{host}") } else { String::new() };
    let (a, b) = (person.below(900) + 100, person.below(10_000));
    let phone = if person.percent(85) || email.is_empty() { format!("+1 868 {a}-{b:04}") } else { String::new() };
    Client { name, email, phone, user_id: None }
}

/// A first and a last name.
pub fn name(dice: &mut Dice) -> String {
    let first = dice.pick(&FIRST).copied().unwrap_or_default();
    let last = dice.pick(&LAST).copied().unwrap_or_default();
    format!("{first} {last}")
}
